export async function fetchIt(): Promise<Response> {
  return fetch('http://127.0.0.1/');
}
