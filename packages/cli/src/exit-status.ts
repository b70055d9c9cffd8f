/** What the command's exit status means; 0 is done. */
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
