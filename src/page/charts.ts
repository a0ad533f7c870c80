export interface NodeConfig {
  description?: string;
  states?: Record<string, NodeConfig>;
  on?: Record<string, unknown>;
  after?: Record<string, unknown>;
  invoke?: { src: string; id?: string; onDone?: unknown; onError?: unknown }[];
}

/** What `npm run diagrams` wrote, put in by build.ts. */
declare const CHARTS: Record<string, { svg: string; config: NodeConfig }>;

export const charts = CHARTS;
