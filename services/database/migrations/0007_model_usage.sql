CREATE TABLE "model_usage" (
	"tenant_id" text NOT NULL,
	"at_ms" bigint NOT NULL,
	"route" text NOT NULL,
	"role" text NOT NULL,
	"needs" text NOT NULL,
	"is_batch" boolean NOT NULL,
	"calls" integer NOT NULL,
	"failed" integer NOT NULL,
	"latency_sum_ms" double precision NOT NULL,
	"input_tokens" double precision NOT NULL,
	"cache_read_tokens" double precision NOT NULL,
	"cache_write_tokens" double precision NOT NULL,
	"output_tokens" double precision NOT NULL,
	"cost_usd" double precision NOT NULL,
	"unpriced" integer NOT NULL,
	"max_tokens" integer NOT NULL,
	"last_problem" text,
	CONSTRAINT "model_usage_tenant_id_at_ms_route_role_needs_is_batch_pk" PRIMARY KEY("tenant_id","at_ms","route","role","needs","is_batch")
);
--> statement-breakpoint
CREATE INDEX "model_usage_by_route" ON "model_usage" USING btree ("tenant_id","route","at_ms");