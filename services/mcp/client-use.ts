import type { OpenClient } from './open-client.ts';

/** Closes the clients of a connection, those that were let go after their last request. */
export class ClientUse {
  /** Requests that run on each client. */
  readonly #users = new WeakMap<OpenClient, number>();
  /** To be closed when their last request is done. */
  readonly #dropped = new Set<OpenClient>();
  /** Clients being closed, so that `closeDropped` can wait for them. */
  readonly #closing = new Set<Promise<void>>();

  /** Runs one request on a client, which then outlives being let go until the request is done. */
  async request<T>(opened: OpenClient, send: () => Promise<T>): Promise<T> {
    this.#users.set(opened, (this.#users.get(opened) ?? 0) + 1);
    try {
      return await send();
    } finally {
      const left = (this.#users.get(opened) ?? 1) - 1;
      this.#users.set(opened, left);
      if (left === 0 && this.#dropped.delete(opened)) this.close(opened);
    }
  }

  letGo(opened: OpenClient): void {
    if ((this.#users.get(opened) ?? 0) === 0) this.close(opened);
    else this.#dropped.add(opened);
  }

  close(opened: OpenClient): void {
    const closing = opened.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /** Resolves when all that were let go or closed are gone, whatever runs on them. */
  async closeDropped(): Promise<void> {
    for (const dropped of this.#dropped) this.close(dropped);
    this.#dropped.clear();
    await Promise.all(this.#closing);
  }
}
