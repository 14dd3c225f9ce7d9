CREATE TABLE "breaker_transitions" (
	"tenant_id" text NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"at_ms" bigint NOT NULL,
	"from_phase" text NOT NULL,
	"to_phase" text NOT NULL,
	"reason" text NOT NULL,
	"by_actor" text,
	"is_dry_run" boolean NOT NULL,
	"is_probe" boolean NOT NULL,
	"process" text,
	CONSTRAINT "breaker_transitions_tenant_id_kind_name_at_ms_to_phase_pk" PRIMARY KEY("tenant_id","kind","name","at_ms","to_phase")
);
--> statement-breakpoint
CREATE INDEX "breaker_transitions_by_time" ON "breaker_transitions" USING btree ("tenant_id","at_ms");