import { AwsError, clientError, invalidParameter } from './awsError.ts';
import { type Members, objects, text, texts } from './members.ts';
import type { Region, Tag } from './model.ts';

const allowedCharacters = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** The tags of a request. Throws InvalidParameterException for tags that ECS refuses. */
export function readTags(body: Members): Tag[] {
  const tags = (objects(body, 'tags') ?? []).map((tag) => ({
    key: text(tag, 'key') ?? '',
    value: text(tag, 'value') ?? '',
  }));
  if (tags.length > 50) throw invalidParameter('Tags can have at most 50 items.');
  for (const { key, value } of tags) {
    if (key.length < 1 || key.length > 128 || !allowedCharacters.test(key))
      throw invalidParameter('Tag key is not valid: 1 to 128 letters, digits, spaces or _.:/=+-@');
    if (value.length > 256 || !allowedCharacters.test(value))
      throw invalidParameter(`The value of tag ${key} is not valid.`);
    if (/^aws:/i.test(key)) throw invalidParameter('Tag keys starting with aws: are reserved.');
  }
  if (new Set(tags.map(({ key }) => key)).size < tags.length)
    throw invalidParameter(
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    );
  return tags;
}

function findTaggable(region: Region, body: Members): { tags: Tag[] } {
  const arn = text(body, 'resourceArn') ?? '';
  const [, kind, rest] =
    /^arn:[^:]+:ecs:[^:]*:\d+:(cluster|task|task-definition)\/(.+)$/.exec(arn) ?? [];
  if (!kind || !rest) throw invalidParameter(`Invalid identifier: Identifier is for ${arn}.`);
  if (kind === 'cluster') {
    const cluster = region.clusters.get(rest);
    if (cluster?.status === 'ACTIVE') return cluster;
    throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  }
  if (kind === 'task') {
    const task = region.tasks.get(rest.slice(rest.lastIndexOf('/') + 1));
    if (task && task.desiredStatus === 'RUNNING') return task;
    throw invalidParameter(
      'The specified task was not found. Specify a valid task ARN and try again.',
    );
  }
  const [family = '', revision] = rest.split(':');
  const definition = region.families.get(family)?.find((one) => String(one.revision) === revision);
  if (!definition) throw clientError('The specified task definition was not found.');
  return definition;
}

/** TagResource: adds or replaces tags. Throws InvalidParameterException beyond 50 tags. */
export function tagResource(region: Region, body: Members): Members {
  const target = findTaggable(region, body);
  const added = readTags(body);
  const unchanged = target.tags.filter(({ key }) => !added.some((tag) => tag.key === key));
  if (unchanged.length + added.length > 50)
    throw invalidParameter('Tags can have at most 50 items.');
  target.tags = [...unchanged, ...added];
  return {};
}

/** UntagResource. */
export function untagResource(region: Region, body: Members): Members {
  const target = findTaggable(region, body);
  const keys = texts(body, 'tagKeys') ?? [];
  target.tags = target.tags.filter(({ key }) => !keys.includes(key));
  return {};
}

/** ListTagsForResource. */
export const listTagsForResource = (region: Region, body: Members): Members => ({
  tags: findTaggable(region, body).tags,
});
