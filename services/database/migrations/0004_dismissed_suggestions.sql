CREATE TABLE "dismissed_suggestions" (
	"tenant_id" text NOT NULL,
	"suggestion_id" text NOT NULL,
	"rule" json NOT NULL,
	"dismissed_by" text NOT NULL,
	"dismissed_at_ms" bigint NOT NULL,
	CONSTRAINT "dismissed_suggestions_tenant_id_suggestion_id_pk" PRIMARY KEY("tenant_id","suggestion_id")
);
