CREATE TABLE "server_grants" (
	"tenant_id" text NOT NULL,
	"server" text NOT NULL,
	"sealed" "bytea",
	"asked" json,
	"version" integer NOT NULL,
	"leased_until_ms" bigint NOT NULL,
	CONSTRAINT "server_grants_tenant_id_server_pk" PRIMARY KEY("tenant_id","server")
);
