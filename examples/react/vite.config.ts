import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const api = process.env.DATAFLOW_HEALTH_URL ?? "http://localhost:8000";
const proxy = { "/api": api };

// The API is reached through this server, so it needs no CORS setting.
export default defineConfig({
  plugins: [react()],
  server: { proxy },
  preview: { proxy },
  test: { environment: "jsdom" },
});
