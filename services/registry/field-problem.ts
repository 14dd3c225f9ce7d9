/** Something wrong in a file. `message` follows the field's name in a sentence. */
export interface FieldProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}
