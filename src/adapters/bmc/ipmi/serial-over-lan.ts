import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BmcConsole } from '../../../ports/index.ts'
import { raise } from '../errors.ts'
import { ipmiFailure } from './ipmi-failure.ts'
import { ipmitool, ipmitoolCall, withSuite } from './ipmitool.ts'
import type { IpmiAddress } from './ipmitool.ts'

const ACTION = 'read the console of the machine'
/** What ipmitool says once the session is there; from then on it passes on what the machine says. */
const OPENED = /\[SOL Session operational[^\n]*\n/
const TAKEN = /already active/i
/** Ends the session where nothing was typed before (ipmitool(1), sol activate). */
const LEAVE = '~.'
const OPEN_MS = 60_000
const CLOSE_MS = 5_000
const MOST_SAID = 4096

/**
 * Serial over LAN (IPMI 2.0, 15), to listen: nothing is typed. The password goes by the environment, as in `ipmitool`. A
 * controller has one session at a time. Throws BMC_REFUSED where somebody else has it, and BMC_….
 */
export async function openSol(address: IpmiAddress, signal?: AbortSignal): Promise<BmcConsole> {
  signal?.throwIfAborted()
  const options = { signal, wait: (ms: number) => sleep(ms, undefined, { signal }) }
  const { argv, env } = ipmitoolCall(await withSuite(address, ACTION, options))
  // It complains that its input is no terminal, and goes on.
  const child = spawn('ipmitool', [...argv, 'sol', 'activate'], { stdio: ['pipe', 'pipe', 'pipe'], env })
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', () => resolve())
  })
  // It stays open: its end would end the session.
  child.stdin.on('error', () => undefined)
  let complaints = ''
  child.stderr.on('data', (bytes) => (complaints = (complaints + String(bytes)).slice(-MOST_SAID)))
  const close = async (): Promise<void> => {
    child.stdin.write(LEAVE)
    const patience = new AbortController()
    await Promise.race([
      ended,
      sleep(CLOSE_MS, undefined, { signal: patience.signal }).catch(() => undefined),
    ])
    patience.abort()
    child.kill('SIGTERM')
  }
  let said = Buffer.alloc(0)
  const opened = Promise.withResolvers<'opened' | 'ended'>()
  const look = (piece: Buffer): void => {
    said = Buffer.concat([said, piece])
    if (OPENED.test(said.toString('latin1'))) opened.resolve('opened')
  }
  child.stdout.on('data', look)
  void ended.then(() => opened.resolve('ended'))
  const late = setTimeout(() => opened.resolve('ended'), OPEN_MS)
  const how = await opened.promise
  clearTimeout(late)
  child.stdout.off('data', look)
  child.stdout.pause()
  const text = said.toString('latin1')
  if (how === 'ended' || signal?.aborted === true) {
    await close()
    signal?.throwIfAborted()
    const all = `${text}${complaints}`
    if (!TAKEN.test(all)) {
      // Why a session is refused, ipmitool says with -v alone, which would mix its words with the machine's.
      await ipmitool(address, ACTION, ['chassis', 'power', 'status'], options)
    }
    throw solFailure(address, all)
  }
  const opening = OPENED.exec(text)
  const start = opening === null ? 0 : opening.index + opening[0].length
  return {
    close,
    text: (async function* () {
      if (start < said.length) yield said.subarray(start)
      for await (const piece of child.stdout) yield piece as Buffer
    })(),
  }
}

function solFailure(address: IpmiAddress, text: string): Error {
  if (!TAKEN.test(text)) {
    const said = { stdout: text.slice(-MOST_SAID), stderr: '', error: undefined }
    return ipmiFailure(ACTION, address, said).error
  }
  return raise('BMC_REFUSED', {
    action: ACTION,
    bmc: `${address.host}:${address.port}`,
    why: 'somebody else has its one session of Serial over LAN',
    remedy:
      'end the other session (ipmitool sol deactivate), or wait until it is over: after a crash, some minutes',
  })
}
