CREATE TABLE "batch_items" (
	"tenant_id" text NOT NULL,
	"batch_id" text NOT NULL,
	"index" integer NOT NULL,
	"line" integer NOT NULL,
	"item" text NOT NULL,
	"state" text NOT NULL,
	"problem_type" text,
	"problem" text,
	"result" json,
	"epochs" json NOT NULL,
	"fence" bigint NOT NULL,
	"started_at_ms" bigint,
	"ended_at_ms" bigint,
	CONSTRAINT "batch_items_tenant_id_batch_id_index_pk" PRIMARY KEY("tenant_id","batch_id","index")
);
--> statement-breakpoint
CREATE TABLE "batches" (
	"tenant_id" text NOT NULL,
	"batch_id" text NOT NULL,
	"work" json NOT NULL,
	"source" json NOT NULL,
	"settings" json NOT NULL,
	"request" text NOT NULL,
	"state" text NOT NULL,
	"mode" text,
	"plan" json,
	"total" integer,
	"round" integer NOT NULL,
	"reason" text,
	"created_at_ms" bigint NOT NULL,
	"ended_at_ms" bigint,
	CONSTRAINT "batches_tenant_id_batch_id_pk" PRIMARY KEY("tenant_id","batch_id")
);
--> statement-breakpoint
CREATE INDEX "batch_items_by_state" ON "batch_items" USING btree ("tenant_id","batch_id","state","index");--> statement-breakpoint
CREATE INDEX "batches_by_time" ON "batches" USING btree ("tenant_id","created_at_ms");