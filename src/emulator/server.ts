import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errorText } from '../shared/errorText.ts';
import { credentialScope, isAccessKey } from './accessKey.ts';
import type { Admin } from './admin.ts';
import type { Api } from './api.ts';
import { AwsError } from './awsError.ts';
import type { Outcome } from './faultDefinition.ts';
import { answerXml, errorXml, iamStatus } from './iam.ts';
import { isMembers, type Members } from './members.ts';
import { metadataAt } from './metadata.ts';
import type { Account } from './model.ts';
import { HttpRefusal, readBody, requireLocalClient } from './request.ts';

const ecsTargetPrefix = 'AmazonEC2ContainerServiceV20141113.';

interface Services {
  account: Account;
  api: Api;
  admin: Admin;
}

/** The HTTP server, one port for all services: ECS (X-Amz-Target header), IAM and STS (form body), task metadata (`/v4/`) and the admin paths (`/_emulator/`). */
export function createEmulatorServer(rooms: Services): Server {
  const { log } = rooms.account.options;
  const server = createServer((request, response) => {
    route(rooms, request, response).catch((error: Error) => {
      if (error instanceof HttpRefusal)
        return sendJson(response, error.status, { message: error.message });
      // The client has closed the connection.
      if (request.destroyed && !request.complete) return;
      log.report('emulator.requestFailed', { error: errorText(error) });
      sendJson(response, 500, {
        __type: 'InternalFailure',
        message: 'internal error of the emulator',
      });
    });
  });
  // Longer than clients keep idle sockets: a socket closed while a client reuses it gives the client ECONNRESET.
  server.keepAliveTimeout = 75_000;
  server.headersTimeout = 80_000;
  return server;
}

async function route(
  rooms: Services,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  requireLocalClient(request);
  const [pathname = '/'] = (request.url ?? '/').split('?');
  if (pathname.startsWith('/_emulator/')) {
    if (!isAccessKey(credentialScope(request).key, rooms.account.accessKey))
      throw new HttpRefusal(
        403,
        'send the access key that the emulator printed at its start: Authorization: Bearer KEY',
      );
    const { status, body } = rooms.admin.answer(
      request.method ?? '',
      pathname,
      await readBody(request),
    );
    return sendJson(response, status, body);
  }
  if (request.method === 'GET' && pathname.startsWith('/v4/')) {
    const found = metadataAt(rooms.account, pathname);
    return sendJson(response, found ? 200 : 404, found ?? { message: 'no such container' });
  }
  if (request.method !== 'POST' || pathname !== '/') throw new HttpRefusal(404, 'no such path');
  const operation = String(request.headers['x-amz-target'] ?? '');
  const form = String(request.headers['content-type'] ?? '').startsWith('application/x-www-form');
  if (operation === '' && form) return answerQuery(rooms, request, response);
  return answerJson(rooms, operation, request, response);
}

function checkKey(account: Account, key: string): void {
  if (!isAccessKey(key, account.accessKey))
    throw new AwsError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
}

async function answerJson(
  { account, api }: Services,
  operation: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = randomUUID();
  const headers = {
    'x-amzn-requestid': requestId,
    'content-type': 'application/x-amz-json-1.1',
  };
  const fail = (error: AwsError) =>
    sendJson(
      response,
      error.status,
      { __type: error.code, message: error.message, ...error.members },
      { ...headers, 'x-amzn-errortype': error.code },
    );
  try {
    const { key, region } = credentialScope(request);
    const body = parse(await readBody(request));
    checkKey(account, key);
    if (!operation.startsWith(ecsTargetPrefix))
      throw new AwsError('UnknownOperationException', 'The requested operation is not known.');
    const answer = await api.ecs(operation.slice(ecsTargetPrefix.length), region, body);
    if ('members' in answer) sendJson(response, 200, answer.members, headers);
    else if ('outcome' in answer) sendOutcome(response, answer.outcome, fail);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    fail(error);
  }
}

async function answerQuery(
  { account, api }: Services,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = randomUUID();
  const fail = (error: AwsError) =>
    send(response, iamStatus(error), errorXml(error, requestId), xmlHeaders(requestId));
  try {
    const query = new URLSearchParams(await readBody(request));
    checkKey(account, credentialScope(request).key);
    const action = query.get('Action');
    if (!action)
      throw new AwsError('MissingAction', 'The request must contain the parameter Action');
    const answer = await api.iam(action, query);
    if ('xml' in answer)
      send(response, 200, answerXml(action, answer.xml, requestId), xmlHeaders(requestId));
    else if ('outcome' in answer) sendOutcome(response, answer.outcome, fail);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    fail(error);
  }
}

const xmlHeaders = (requestId: string) => ({
  'x-amzn-requestid': requestId,
  'content-type': 'text/xml',
});

function sendOutcome(
  response: ServerResponse,
  outcome: Outcome,
  fail: (error: AwsError) => void,
): void {
  if (outcome instanceof AwsError) fail(outcome);
  else if (outcome === 'reset') response.socket?.resetAndDestroy();
  else if (outcome !== 'hang') send(response, outcome.status, outcome.raw, {});
}

function parse(text: string): Members {
  if (text === '') return {};
  try {
    const body: unknown = JSON.parse(text);
    if (isMembers(body)) return body;
  } catch {
    // Not JSON: refused below.
  }
  throw new AwsError('SerializationException', 'The request body is not a JSON object.');
}

const sendJson = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): void => send(response, status, JSON.stringify(body), headers);

function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string>,
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}
