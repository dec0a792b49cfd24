import { isAnnealError } from '../../core/index.ts'
import type { Container } from '../../node/index.ts'
import type { ContainerSpec } from '../../ports/index.ts'

/**
 * After a refused creation, whatever the reason (an engine may look at the image before the name): the id of the
 * container that has the name, if it is the very one that was to be made. It is when it carries every label of the
 * specification; an image may add labels of its own. Else the refusal stands.
 */
export async function sameContainer(
  refusal: unknown,
  spec: ContainerSpec,
  inspectContainer: (name: string) => Promise<Container | undefined>,
): Promise<string> {
  if (!isAnnealError(refusal) || isAnnealError(refusal, 'ENGINE_UNREACHABLE')) throw refusal
  const existing = await inspectContainer(spec.name)
  if (existing === undefined) throw refusal
  const same = Object.entries(spec.labels).every(([name, value]) => existing.labels[name] === value)
  if (!same) throw refusal
  return existing.id
}
