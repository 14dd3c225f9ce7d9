// The HTTP API with a real gateway in a process of its own, for the bench `gateway`: everything that a
// model call passes through is real, the other services are in memory. Prints its address.
import { createServer } from '../../../api/server.ts';
import { fakeServices } from '../../api/support/fake-services.ts';
import { benchGateway } from './bench-gateway.ts';

const { gateway } = benchGateway(process.env['BENCH_UPSTREAM'] ?? '');
const server = createServer(fakeServices({ gateway, providers: gateway.providers }));
process.stdin.on('end', () => process.exit(0)).resume();
process.stdout.write(`${await server.listen({ host: '127.0.0.1', port: 0 })}\n`);
