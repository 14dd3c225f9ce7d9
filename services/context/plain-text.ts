/** Tag characters spell out text that nobody sees; overrides show a text in another order. */
const UNSEEN = /[\u{e0000}-\u{e007f}\u202a-\u202e\u2066-\u2069]/gu;
/** As model templates write turns and roles: `<|im_start|>`, `<|eot_id|>`. */
const CONTROL_TOKEN = /<(?=\|[\w ]{1,40}\|>)/g;

/**
 * A stranger's text without what a model would see and a reader would not, and without names of
 * control tokens, which some local models take for the real thing.
 */
export function plainText(text: string): string {
  return text.replace(UNSEEN, '').replace(CONTROL_TOKEN, '< ');
}
