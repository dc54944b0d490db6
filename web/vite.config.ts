import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const api = "http://localhost:8000";

// File names without a hash: the server sends an entity tag, and a diff of a build stays small.
export default defineConfig({
  plugins: [react()],
  server: { proxy: { "/api": api } },
  build: {
    outDir: "../dataflow_health/api/web",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      output: {
        entryFileNames: "assets/[name].js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
      },
    },
  },
});
