import { isObject } from '../../../core/index.ts'

/** A resource, or a part of one, as JSON. */
export type Resource = Readonly<Record<string, unknown>>

/** A member of a member …; undefined where one is missing. */
export function within(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), value)
}

export function textIn(value: unknown, ...names: readonly string[]): string | undefined {
  const found = within(value, ...names)
  return typeof found === 'string' ? found : undefined
}

export function textsIn(value: unknown, ...names: readonly string[]): readonly string[] | undefined {
  const found = within(value, ...names)
  return Array.isArray(found) ? found.filter((one) => typeof one === 'string') : undefined
}

const MOST_WORDS = 400

/** The words of an error response (DSP0266 1.15, 8.6), without secrets that the service repeats. */
export function wordsOf(body: Resource, status: number, secrets: readonly string[]): string {
  const error = body['error']
  const extended = within(error, '@Message.ExtendedInfo')
  const messages = (Array.isArray(extended) ? extended : [])
    .map((one: unknown) => textIn(one, 'Message') ?? textIn(one, 'MessageId'))
    .filter((one) => one !== undefined)
  const said = messages.length > 0 ? messages.join(' ') : (textIn(error, 'message') ?? '')
  const clean = secrets
    .filter((one) => one.length >= 4)
    .reduce((text, one) => text.replaceAll(one, '***'), said)
    .replaceAll(/\s+/g, ' ')
    .trim()
  return `status ${status}${clean === '' ? '' : `: ${clean.slice(0, MOST_WORDS)}`}`
}
