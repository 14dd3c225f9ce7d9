CREATE TABLE "composition_rules" (
	"tenant_id" text NOT NULL,
	"name" text NOT NULL,
	"rule" json NOT NULL,
	"source" text NOT NULL,
	"updated_by" text NOT NULL,
	"updated_at_ms" bigint NOT NULL,
	CONSTRAINT "composition_rules_tenant_id_name_pk" PRIMARY KEY("tenant_id","name")
);
