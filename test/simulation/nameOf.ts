import type { Happening } from './script.ts';

/** The word for it in the report. */
export const nameOf = (happening: Happening): string => {
  switch (happening.kind) {
    case 'window':
      return happening.window;
    case 'delay':
      return happening.of;
    case 'next':
      return happening.fate;
    case 'end':
      return happening.end;
    case 'schedulerFault':
    case 'streamFault':
      return happening.fault;
    case 'disk':
      return `disk:${happening.trouble}`;
    case 'call':
      return happening.mishap;
    case 'subnet':
      return happening.trouble;
    default:
      return happening.kind;
  }
};
