/** Why a file could not be read, in words; where Node names no known reason, its code. */
export function whyUnreadable(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
      return 'a part of its path is a file';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not read it';
    default:
      return code ?? message ?? String(error);
  }
}
