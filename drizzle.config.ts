import { defineConfig } from 'drizzle-kit';

// After a change of the schema: npx drizzle-kit generate --name what_changed
export default defineConfig({
  dialect: 'postgresql',
  schema: './services/database/schema.ts',
  out: './services/database/migrations',
});
