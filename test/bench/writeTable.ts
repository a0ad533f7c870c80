/** Writes the table and the picture of the README anew, of the results that are stored. */
import { writeReport } from './report.ts';

writeReport([]);
