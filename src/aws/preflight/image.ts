import { defaultImage } from '../launch/requirements.ts';
import { type AwsFacts, found } from './awsFacts.ts';
import { error, type Finding, ok, unchecked, warning } from './finding.ts';
import type { PreflightSettings } from './settings.ts';

/** `[registry/]path[:tag][@digest]`; the settings have refused what is no image reference. */
const reference = /^(?:(?<registry>[^/@]+)\/)?[^:@]+(?::(?<tag>[^@]+))?(?:@(?<digest>.+))?$/;

const ecr = /^(\d{12})\.dkr\.ecr\.([\w-]+)\.amazonaws\.com(\.cn)?$/;

/** The image. Whether the image exists is known only to the registry. Pure. */
export function checkImage(
  settings: Pick<PreflightSettings, 'image' | 'architecture' | 'region'>,
  { definition, identity }: Pick<AwsFacts, 'definition' | 'identity'>,
): Finding[] {
  const { image, architecture, region } = settings;
  const { registry = '', tag, digest } = reference.exec(image)?.groups ?? {};
  const [, ecrAccount, ecrRegion] = ecr.exec(registry) ?? [];
  const existing = found(definition);
  if (ecrRegion !== undefined && existing && !existing.definition.executionRoleArn)
    return [
      error(
        'image.needsRole',
        `${image} is in a private registry, and the task definition has no execution role`,
        'Fargate cannot log in to the registry, and refuses the definition',
        'set --ecs-task-definition to another name; run creates it with a role',
      ),
    ];
  if (image === defaultImage && architecture === 'ARM64')
    return [
      warning(
        'image.architecture',
        `${image} with --ecs-task-architecture ARM64: the image is published for X86_64`,
        'a container of the wrong architecture ends at once with an exec format error',
        'set --ecs-task-image to an image for ARM64, or --ecs-task-architecture X86_64',
      ),
    ];
  if (ecrRegion !== undefined && ecrRegion !== region)
    return [
      warning(
        'image.otherRegion',
        `${image} is in ${ecrRegion}, the tasks run in ${region}`,
        'every task pulls the image across regions, which is slow and costs data transfer',
        `copy the image to a registry in ${region}`,
      ),
    ];
  if (ecrAccount !== undefined && identity.ok && ecrAccount !== identity.value.account)
    return [
      warning(
        'image.otherAccount',
        `${image} is in the account ${ecrAccount}, the tasks run in ${identity.value.account}`,
        'a private registry lets other accounts pull only by its repository policy',
        'allow the execution role in the repository policy, or copy the image',
      ),
    ];
  if (image === defaultImage) return [ok('image.valid', `the image ${image}`)];
  const isFloating = digest === undefined && (tag === undefined || tag === 'latest');
  return [
    unchecked(
      'image.pull',
      `whether ${image} can be pulled${isFloating ? ' and what is behind its moving tag' : ''} is not known here`,
      'an image that cannot be pulled, or that does not run COMMAND with PYTHON_REQUIREMENTS, fails with the first task',
      `docker manifest inspect ${image}`,
    ),
  ];
}
