/** What a signal may be called, as a regular expression. */
export const SIGNAL_NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';
