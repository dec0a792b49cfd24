import { execFile } from 'node:child_process'
import { raiseSystemd } from './errors.ts'

/** One D-Bus object and interface. */
export type BusObject = Readonly<{ service: string; path: string; interface: string }>

/** What busctl(1) prints with `--json=short`: the D-Bus signature and the values. */
export type BusValue = Readonly<{ type: string; data: unknown }>

export interface Bus {
  /**
   * Calls a method. `argumentsText` are busctl's words: the signature, then the values, arrays with their length.
   * Throws SYSTEMD_UNREACHABLE where there is no bus, SYSTEMD_REFUSED with the service's own words.
   */
  call(action: string, object: BusObject, method: string, argumentsText: readonly string[]): Promise<BusValue>
  property(action: string, object: BusObject, name: string): Promise<unknown>
}

/** The host's system bus through `busctl`, which every host with systemd has. */
export function systemBus(program = 'busctl', timeoutMs = 20_000): Bus {
  const run = (action: string, words: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const options = { timeout: timeoutMs, env: { ...process.env, LC_ALL: 'C', SYSTEMD_COLORS: '0' } }
      const fixed = ['--system', '--json=short', `--timeout=${Math.ceil(timeoutMs / 1000)}`, '--']
      execFile(program, [...fixed, ...words], options, (error, stdout, stderr) => {
        if (error === null) return resolve(stdout)
        const reason = stderr.trim().replace(/^Call failed: /, '') || error.message
        const unreachable = 'code' in error && error.code === 'ENOENT'
        if (
          unreachable ||
          /Failed to (connect to|set address|open).*bus|No such file or directory$/.test(reason)
        ) {
          const state = unreachable ? `${program} is not installed` : reason
          return reject(raiseSystemd('SYSTEMD_UNREACHABLE', { action, state }, error))
        }
        return reject(raiseSystemd('SYSTEMD_REFUSED', { action, reason }, error))
      })
    })
  return {
    async call(action, object, method, argumentsText) {
      const words = ['call', object.service, object.path, object.interface, method, ...argumentsText]
      const text = (await run(action, words)).trim()
      return text === '' ? { type: '', data: [] } : (JSON.parse(text) as BusValue)
    },
    async property(action, object, name) {
      const text = await run(action, ['get-property', object.service, object.path, object.interface, name])
      return (JSON.parse(text) as BusValue).data
    },
  }
}
