import { canonicalJson } from '../../core/index.ts'
import type { Digest } from '../../core/index.ts'
import { raise } from './errors.ts'
import { isPinned } from './image-reference.ts'
import { RELEASE_FORMAT } from './release.ts'
import type { Release, ReleaseDraft, ServiceDraft } from './release.ts'

/** The names of the services whose images may still change under their reference. */
function unpinnedServices(draft: ReleaseDraft): readonly string[] {
  return draft.services.filter((service) => !isPinned(service.image)).map((service) => service.name)
}

/**
 * Gives a draft its digests and its id. Throws RELEASE_UNPINNED while an image is not pinned: such a release has no
 * identity. `file` is only for the message.
 */
export function sealRelease(draft: ReleaseDraft, digest: Digest, file: string): Release {
  const services = unpinnedServices(draft)
  if (services.length > 0) throw raise('RELEASE_UNPINNED', { services, file })
  return {
    id: digest(canonicalJson({ format: RELEASE_FORMAT, ...draft })),
    project: draft.project,
    libvirt: draft.libvirt,
    services: draft.services.map((service) => ({
      ...service,
      digest: digest(canonicalJson(containerOf(service))),
    })),
  }
}

/** Everything that makes one container of the service differ from another. Ranks and probes do not. */
function containerOf(service: ServiceDraft): object {
  const { image, restart, stopGraceMs, container } = service
  return { image, restart, stopGraceMs, container }
}
