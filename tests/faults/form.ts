/** FAULTS_FORM=short repeats less; everything else is the same. */
const isShort = process.env["FAULTS_FORM"] === "short";

/** How often an update is repeated. */
export const ROUNDS = isShort ? 1 : 5;

/** At how many moments an update is ended. */
export const MOMENTS = isShort ? 2 : 10;
