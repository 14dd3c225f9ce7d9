CREATE TABLE "artifacts" (
	"tenant_id" text NOT NULL,
	"artifact_id" text NOT NULL,
	"media_type" text NOT NULL,
	"bytes" integer NOT NULL,
	"sha256" text NOT NULL,
	"body" "bytea" NOT NULL,
	"created_at_ms" bigint NOT NULL,
	CONSTRAINT "artifacts_tenant_id_artifact_id_pk" PRIMARY KEY("tenant_id","artifact_id")
);
--> statement-breakpoint
CREATE TABLE "catalogues" (
	"tenant_id" text NOT NULL,
	"version" integer NOT NULL,
	CONSTRAINT "catalogues_tenant_id_pk" PRIMARY KEY("tenant_id")
);
--> statement-breakpoint
CREATE TABLE "conversation_appends" (
	"tenant_id" text NOT NULL,
	"conversation_id" text NOT NULL,
	"base_version" integer NOT NULL,
	"head_version" integer NOT NULL,
	"digest" text NOT NULL,
	"messages" json NOT NULL,
	"created_at_ms" bigint NOT NULL,
	CONSTRAINT "conversation_appends_tenant_id_conversation_id_base_version_pk" PRIMARY KEY("tenant_id","conversation_id","base_version")
);
--> statement-breakpoint
CREATE TABLE "effects" (
	"tenant_id" text NOT NULL,
	"key" text NOT NULL,
	"effect" text NOT NULL,
	"tool" text NOT NULL,
	"fingerprint" text,
	"args_digest" text NOT NULL,
	"state" text NOT NULL,
	"fence" integer NOT NULL,
	"result" json,
	"reason" text,
	"created_at_ms" bigint NOT NULL,
	"updated_at_ms" bigint NOT NULL,
	CONSTRAINT "effects_tenant_id_key_pk" PRIMARY KEY("tenant_id","key")
);
--> statement-breakpoint
CREATE TABLE "model_names" (
	"tenant_id" text NOT NULL,
	"model_name" text NOT NULL,
	"tool_id" text NOT NULL,
	CONSTRAINT "model_names_tenant_id_model_name_pk" PRIMARY KEY("tenant_id","model_name")
);
--> statement-breakpoint
CREATE TABLE "servers" (
	"tenant_id" text NOT NULL,
	"name" text NOT NULL,
	"definition" json NOT NULL,
	"health" text NOT NULL,
	"problem" text,
	"last_seen_ms" bigint,
	"era" text,
	"server_info" json,
	"instructions" text,
	"warnings" json NOT NULL,
	"version" integer NOT NULL,
	CONSTRAINT "servers_tenant_id_name_pk" PRIMARY KEY("tenant_id","name")
);
--> statement-breakpoint
CREATE TABLE "tools" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"server" text NOT NULL,
	"name" text NOT NULL,
	"model_name" text NOT NULL,
	"title" text,
	"description" text NOT NULL,
	"input_schema" json NOT NULL,
	"output_schema" json,
	"annotations" json,
	"fingerprint" text NOT NULL,
	"approved_fingerprint" text NOT NULL,
	"enabled" boolean NOT NULL,
	"gone" boolean NOT NULL,
	"removed" boolean NOT NULL,
	"effect" text,
	"tags" json NOT NULL,
	"warnings" json NOT NULL,
	"last_seen_ms" bigint NOT NULL,
	CONSTRAINT "tools_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "conversation_appends_by_head" ON "conversation_appends" USING btree ("tenant_id","conversation_id","head_version");--> statement-breakpoint
CREATE INDEX "effects_by_state" ON "effects" USING btree ("tenant_id","state","updated_at_ms");--> statement-breakpoint
CREATE UNIQUE INDEX "model_names_by_tool" ON "model_names" USING btree ("tenant_id","tool_id");--> statement-breakpoint
CREATE UNIQUE INDEX "tools_by_model_name" ON "tools" USING btree ("tenant_id","model_name");--> statement-breakpoint
CREATE INDEX "tools_by_server" ON "tools" USING btree ("tenant_id","server");