import type { Finding } from '../../pipeline/finding.ts';
import { type ProtoChange, protoFinding } from './proto-findings.ts';
import type { ProtoMethod, ProtoService } from './proto-model.ts';

/** The calls of a service: a feed and its producers are upgraded at different times. */
export function serviceFindings(change: ProtoChange, older: ProtoService, newer: ProtoService): Finding[] {
  return older.methods.flatMap((method) => {
    const match = newer.methods.find(({ name }) => name === method.name);
    if (match !== undefined) return methodFindings(change, newer, method, match);
    return [
      protoFinding(change, 'RPC_NO_DELETE', newer, {
        path: `${newer.name}.${method.name}`,
        message: `rpc ${method.name} is gone from ${newer.name}; producers that still call it get UNIMPLEMENTED`,
        remedy: 'keep it with `option deprecated = true;` until nobody calls it',
      }),
    ];
  });
}

function methodFindings(change: ProtoChange, service: ProtoService, older: ProtoMethod, newer: ProtoMethod): Finding[] {
  const stream = (streams: boolean, type: string): string => (streams ? `stream ${type}` : type);
  const changes: [string, boolean, string, string][] = [
    [
      'RPC_SAME_REQUEST_TYPE',
      change.newName(older.requestType) !== newer.requestType,
      newer.requestType,
      older.requestType,
    ],
    [
      'RPC_SAME_RESPONSE_TYPE',
      change.newName(older.responseType) !== newer.responseType,
      newer.responseType,
      older.responseType,
    ],
    [
      'RPC_SAME_CLIENT_STREAMING',
      older.requestStream !== newer.requestStream,
      stream(newer.requestStream, newer.requestType),
      stream(older.requestStream, older.requestType),
    ],
    [
      'RPC_SAME_SERVER_STREAMING',
      older.responseStream !== newer.responseStream,
      stream(newer.responseStream, newer.responseType),
      stream(older.responseStream, older.responseType),
    ],
    [
      'RPC_SAME_IDEMPOTENCY_LEVEL',
      older.idempotencyLevel !== newer.idempotencyLevel,
      newer.idempotencyLevel,
      older.idempotencyLevel,
    ],
  ];
  return changes
    .filter(([, changed]) => changed)
    .map(([rule, , is, was]) =>
      protoFinding(change, rule, newer, {
        path: `${service.name}.${newer.name}`,
        message: `rpc ${newer.name}: ${is} was ${was}; a client and a server of different versions cannot talk`,
        remedy: 'leave the call as it is and add a new one beside it',
      }),
    );
}
