import type { FuzzTarget } from '../target.ts'
import { MutableImage } from './image.ts'
import type { Base } from './image.ts'
import { applyMutation } from './mutate.ts'
import type { Mutation } from './mutate.ts'

/** Everything an execution depends on. */
export type Input = Readonly<{ seed: number; mutations: readonly Mutation[]; repaired: boolean }>

/** What is written down of an input that failed; `npm run fuzz -- --replay FILE` runs it again. */
export type Failure = Readonly<{
  target: string
  input: Input
  /** `TypeError: …`, `Hang: …`, `Memory: …`, `ReadOutside: …` */
  message: string
  stack: string
}>

export function imageOf(base: Base, input: Input, repair: FuzzTarget['repair']): MutableImage {
  const image = new MutableImage(base)
  for (const mutation of input.mutations) applyMutation(image, mutation)
  if (input.repaired && repair !== undefined) repair(image, image.touched)
  return image
}

/** What makes two failures one: the message without its numbers, and the first line of ours in the stack. */
export function signatureOf({ message, stack }: Pick<Failure, 'message' | 'stack'>): string {
  const place = /\/(src\/[^\s)]+)/.exec(stack)?.[1] ?? ''
  return `${message.replaceAll(/\d+/g, 'N')} ${place}`
}
