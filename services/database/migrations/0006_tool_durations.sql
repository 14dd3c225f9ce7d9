CREATE TABLE "tool_durations" (
	"tenant_id" text NOT NULL,
	"tool" text NOT NULL,
	"mean_ms" integer NOT NULL,
	"updated_at_ms" bigint NOT NULL,
	CONSTRAINT "tool_durations_tenant_id_tool_pk" PRIMARY KEY("tenant_id","tool")
);
