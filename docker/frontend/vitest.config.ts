import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const alias = { '@': `${import.meta.dirname}/src` };

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [react()],
        resolve: { alias },
        test: { name: 'page', environment: 'happy-dom', include: ['tests/page/**/*.test.{ts,tsx}'] },
      },
      {
        resolve: { alias },
        test: {
          name: 'server',
          environment: 'node',
          include: ['tests/server/**/*.test.ts'],
          globalSetup: 'tests/support/assemble.ts',
          testTimeout: 30_000,
        },
      },
    ],
  },
});
