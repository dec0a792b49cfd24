import { nodesOf } from '../../image/stack/index.ts'
import type { StackNode } from '../../image/stack/index.ts'
import type { ImageFacts } from './open-image.ts'

/** What the readers say of an image and of each part of its disk, from the top: `text` says of which. */
export function readerWarnings(
  { warnings }: Pick<ImageFacts, 'warnings'>,
  stack: StackNode,
): readonly Readonly<{ code: string; text: string }>[] {
  return [
    ...warnings.map(({ code, message }) => ({ code, text: message })),
    ...nodesOf(stack).flatMap(({ address, name, warnings: own }) =>
      own.map(({ code, message }) => ({ code, text: `${address === '' ? name : address}: ${message}` })),
    ),
  ]
}
