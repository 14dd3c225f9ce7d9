CREATE TABLE "tool_expansions" (
	"tenant_id" text NOT NULL,
	"fingerprint" text NOT NULL,
	"state" text NOT NULL,
	"requests" json NOT NULL,
	"attempts" integer NOT NULL,
	"input_tokens" integer,
	"output_tokens" integer,
	"cost_usd" double precision,
	"updated_at_ms" bigint NOT NULL,
	CONSTRAINT "tool_expansions_tenant_id_fingerprint_pk" PRIMARY KEY("tenant_id","fingerprint")
);
