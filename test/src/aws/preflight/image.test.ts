import { expect, it } from 'vitest';
import { checkImage } from '../../../../src/aws/preflight/image.ts';

const identity = { ok: true, value: { account: '123456789012', arn: 'a' } } as const;
const facts = { identity, definition: { ok: true, value: null } } as const;
const ecr = '123456789012.dkr.ecr.us-east-1.amazonaws.com';

it.each([
  ['public.ecr.aws/v4u8j8r6/scaler:latest', 'image.valid'],
  ['python', 'image.pull'],
  ['localhost:5000/a/b_c/d-e.f:v1.0', 'image.pull'],
  [`repo/image@sha256:${'0'.repeat(64)}`, 'image.pull'],
  [`${ecr}/scaler:1`, 'image.pull'],
  ['210987654321.dkr.ecr.us-east-1.amazonaws.com/scaler:1', 'image.otherAccount'],
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/scaler:1', 'image.otherRegion'],
  [`[::1]:5000/image@sha512:${'0'.repeat(128)}`, 'image.pull'],
])('%s is %s', (image, id) => {
  const settings = { image, architecture: 'X86_64', region: 'us-east-1' } as const;
  expect(checkImage(settings, facts).map((finding) => finding.id)).toEqual([id]);
});
