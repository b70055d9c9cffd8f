/** Builds the page into `dist`, which the server serves as it stands: no inline script or style, hashed assets. */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The packages' sources, so that the page builds without building them first. */
const source = (path: string): string => fileURLToPath(new URL(`../../packages/${path}`, import.meta.url));

/** Nothing is painted before the script has run: not white at first for someone who chose dark. */
const paintOnce: Plugin = {
  name: 'paint-once',
  transformIndexHtml: {
    order: 'post',
    handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
  },
};

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), paintOnce],
  resolve: {
    alias: [{ find: /^@fullduplex\/(wire|client)$/, replacement: source('$1/src/index.ts') }],
  },
  build: {
    outDir: 'dist',
    // Keeps light-dark() as it is written instead of unrolling it for browsers that do not know it.
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    // A data: address would need a hole in the page's Content-Security-Policy.
    assetsInlineLimit: 0,
  },
  server: {
    // `npm start` beside it answers everything that is not the page.
    proxy: {
      '/api': 'http://127.0.0.1:8080',
      '/connection': { target: 'ws://127.0.0.1:8080', ws: true },
    },
  },
});
