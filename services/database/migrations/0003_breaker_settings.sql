CREATE TABLE "breaker_settings" (
	"tenant_id" text NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"overrides" json NOT NULL,
	"updated_by" text NOT NULL,
	"updated_at_ms" bigint NOT NULL,
	CONSTRAINT "breaker_settings_tenant_id_kind_name_pk" PRIMARY KEY("tenant_id","kind","name")
);
