/** As JSON Schema. */
export const textOrNull = { type: ['string', 'null'] };
