import { writeFileSync } from 'node:fs';
import { grafanaDashboard } from './dashboard.ts';

// Writes the dashboard for Grafana: `npm run dashboard`.
const file = new URL('../../../deploy/grafana/scaler-ecs.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(grafanaDashboard(), null, 2)}\n`);
