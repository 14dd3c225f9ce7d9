export type { ServeWebSocketOptions, WebSocketServing } from './websocket-server.ts';
export { serveWebSocket } from './websocket-server.ts';
