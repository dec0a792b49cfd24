import { timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Machine } from '../machine.ts'
import { ejectMedia, insertMedia, look, overrideBoot, reset } from './chassis.ts'
import { BOOT_TARGETS, RESET_TYPES, bootMode, errorBody, resources } from './resources.ts'
import type { BootTarget } from './resources.ts'

export type RedfishOptions = Readonly<{ machines: readonly Machine[]; username: string; password: string }>

type Answer = Readonly<{ status: number; body?: unknown }>

const BOOT_TARGET_NAMES = Object.keys(BOOT_TARGETS) as BootTarget[]
const OVERRIDES = ['Disabled', 'Once', 'Continuous'] as const
const LONGEST_BODY = 64 * 1024

/** A Redfish service for all machines of a lab; asks for user and password but at its root (DSP0266, 13.3). */
export function redfishServer(options: RedfishOptions): Server {
  return createServer((request, response) => void respond(options, request, response))
}

async function respond(
  options: RedfishOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, body } = await answer(options, request).catch((error: unknown) =>
    refuse(500, String(error)),
  )
  const challenge = status === 401 ? { 'www-authenticate': 'Basic realm="redfish"' } : {}
  response.writeHead(status, { 'content-type': 'application/json', 'odata-version': '4.0', ...challenge })
  response.end(body === undefined ? '' : JSON.stringify(body))
}

async function answer(options: RedfishOptions, request: IncomingMessage): Promise<Answer> {
  const path = new URL(request.url ?? '/', 'http://redfish').pathname.replace(/\/+$/, '')
  if (path !== '/redfish/v1' && !isAllowed(options, request)) return refuse(401, 'user or password is wrong')
  const machine = options.machines.find(({ uuid }) => path.split('/').includes(uuid))
  if (request.method === 'GET') {
    const found = resources(options.machines.map(look)).get(path)
    return found === undefined ? refuse(404, `there is no ${path}`) : { status: 200, body: found }
  }
  if (machine === undefined) return refuse(404, `there is no ${path}`)
  const body = await readBody(request)
  if (request.method === 'PATCH' && path === `/redfish/v1/Systems/${machine.uuid}`)
    return patchBoot(machine, body)
  if (request.method !== 'POST') return refuse(405, `${request.method} is not for ${path}`)
  switch (path.split('/').at(-1) ?? '') {
    case 'ComputerSystem.Reset':
      return resetTo(machine, body['ResetType'])
    case 'VirtualMedia.InsertMedia':
      if (typeof body['Image'] !== 'string') return refuse(400, 'Image is missing')
      await insertMedia(machine, body['Image'])
      return DONE
    case 'VirtualMedia.EjectMedia':
      ejectMedia(machine)
      return DONE
    default:
      return refuse(404, `there is no ${path}`)
  }
}

async function resetTo(machine: Machine, type: unknown): Promise<Answer> {
  if (!isOneOf(RESET_TYPES, type)) return refuse(400, `ResetType is none of ${RESET_TYPES.join(', ')}`)
  await reset(machine, type)
  return DONE
}

async function patchBoot(machine: Machine, body: Readonly<Record<string, unknown>>): Promise<Answer> {
  const boot = body['Boot'] as Readonly<Record<string, unknown>> | undefined
  if (typeof boot !== 'object' || boot === null) return refuse(400, 'only Boot can be changed')
  const before = look(machine).boot
  const target = boot['BootSourceOverrideTarget'] ?? before.target
  const enabled = boot['BootSourceOverrideEnabled'] ?? 'Once'
  const mode = boot['BootSourceOverrideMode']
  if (!isOneOf(BOOT_TARGET_NAMES, target)) return refuse(400, 'no such BootSourceOverrideTarget')
  if (!isOneOf(OVERRIDES, enabled)) {
    return refuse(400, 'no such BootSourceOverrideEnabled')
  }
  // The firmware is what the machine was made with.
  if (mode !== undefined && mode !== bootMode(machine.firmware)) {
    return refuse(400, `BootSourceOverrideMode of this machine is ${bootMode(machine.firmware)}`)
  }
  await overrideBoot(machine, { target, enabled })
  return DONE
}

const DONE: Answer = { status: 204 }

function refuse(status: number, message: string): Answer {
  return { status, body: errorBody(message) }
}

function isOneOf<const T extends readonly string[]>(words: T, value: unknown): value is T[number] {
  return typeof value === 'string' && words.includes(value)
}

function isAllowed(options: RedfishOptions, request: IncomingMessage): boolean {
  const expected = Buffer.from(`Basic ${btoa(`${options.username}:${options.password}`)}`)
  const given = Buffer.from(request.headers.authorization ?? '')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

async function readBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  let text = ''
  for await (const part of request) {
    text += String(part)
    if (text.length > LONGEST_BODY) throw new Error('the body is too long')
  }
  const value: unknown = text === '' ? {} : JSON.parse(text)
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
