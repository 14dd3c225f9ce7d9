/** A step that cannot go on. It is shown to the user as it is, without a stack trace. */
export class StepError extends Error {
  /**
   * @param {string} message what is missing or went wrong
   * @param {string} remedy what to install, or which variable to set
   * @param {{ log?: string, tail?: string }} [details] the child's log file and its last lines
   */
  constructor(message, remedy, details = {}) {
    super(message);
    this.name = 'StepError';
    this.remedy = remedy;
    this.log = details.log;
    this.tail = details.tail;
  }
}
