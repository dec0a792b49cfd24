import type { Members } from '../../conductor/index.ts'
import type { Reply, Request } from '../route.ts'
import { fault, json } from './json-reply.ts'
import { fieldsOf, flagOf, invalid } from './read-request.ts'

const MOST_LISTED = 1000

/** Whether a resource is one of those that a value of the query asks for. */
export type Filter = (resource: Members, wanted: string, name: string) => boolean

type Listing = Readonly<{
  /** The member of the answer: `nodes`. */
  name: string
  resources: readonly Members[]
  /** A resource with all its members, whose names can be asked for. */
  example: Members
  /** Members of a plain list. */
  short: readonly string[]
  /** By the name in the query; every other name is refused: a filter that is ignored would show the wrong machines. */
  filters: Readonly<Record<string, Filter>>
  /** Shows whole resources. */
  whole?: true
  url: string
}>

const PAGING = new Set(['fields', 'detail', 'limit', 'marker', 'sort_key', 'sort_dir'])

/** A list as Ironic gives it: filtered, sorted, in pages. Throws REQUEST_INVALID. */
export function listed({ query, path }: Pick<Request, 'query' | 'path'>, listing: Listing): Reply {
  const { name, filters, example, resources } = listing
  const unknown = [...query.keys()].filter((one) => !PAGING.has(one) && !Object.hasOwn(filters, one))
  if (unknown.length > 0) throw invalid(`unexpected arguments: ${unknown.join(', ')}`)
  const fields = fieldsOf({ query }, example)
  const isWhole = listing.whole === true || flagOf('detail', query.get('detail') ?? false)
  if (isWhole && fields !== undefined) throw invalid('it asks for detail and for fields')
  const all = resources
    .filter((one) =>
      Object.entries(filters).every(([key, fits]) => !query.has(key) || fits(one, query.get(key) ?? '', key)),
    )
    .toSorted(orderOf(query, example))
  const marker = query.get('marker')
  const at = marker === null ? -1 : all.findIndex((one) => one['uuid'] === marker)
  if (marker !== null && at === -1) return fault(404, `The marker ${marker} could not be found`)
  const limit = limitOf(query)
  const page = all.slice(at + 1, at + 1 + limit)
  const shown = page.map((one) => (isWhole ? one : membersOf(one, fields ?? listing.short)))
  const last = page.at(-1)?.['uuid']
  if (at + 1 + limit >= all.length || typeof last !== 'string') return json(200, { [name]: shown })
  const onward = new URLSearchParams(query)
  onward.set('limit', String(limit))
  onward.set('marker', last)
  return json(200, { [name]: shown, next: `${listing.url}${path}?${onward.toString()}` })
}

/** Some members of a resource; null for one that it has not. */
export function membersOf(resource: Members, names: readonly string[]): Members {
  return Object.fromEntries(names.map((name) => [name, resource[name] ?? null]))
}

/** A filter for a member that has this very value; a member that is null counts as empty. */
export const equals: Filter = (resource, wanted, name) => (resource[name] ?? '') === wanted

/** A filter for a member that is true or false. */
export const isFlag: Filter = (resource, wanted, name) => (resource[name] === true) === flagOf(name, wanted)

function limitOf(query: URLSearchParams): number {
  const said = query.get('limit')
  if (said === null) return MOST_LISTED
  if (!/^-?\d+$/.test(said)) throw invalid(`limit is a number, not "${said}"`)
  if (Number(said) <= 0) throw invalid('limit is more than 0')
  return Math.min(Number(said), MOST_LISTED)
}

/** By default in the order in which they were made. */
function orderOf(query: URLSearchParams, example: Members): (a: Members, b: Members) => number {
  const key = query.get('sort_key') ?? 'created_at'
  const direction = query.get('sort_dir') ?? 'asc'
  if (direction !== 'asc' && direction !== 'desc')
    throw invalid(`sort_dir is asc or desc, not "${direction}"`)
  const value = example[key]
  if (!Object.hasOwn(example, key) || (typeof value === 'object' && value !== null)) {
    throw invalid(`it cannot be sorted by "${key}"`)
  }
  const sign = direction === 'asc' ? 1 : -1
  return (a, b) => sign * (compared(a[key], b[key]) || compared(a['uuid'], b['uuid']))
}

function compared(a: unknown, b: unknown): number {
  const [one, other] = [a, b].map((value) => (value === null ? '' : JSON.stringify(value)))
  if (one === undefined || other === undefined) return 0
  return one < other ? -1 : Number(one > other)
}
