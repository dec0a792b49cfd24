import { constants } from 'node:os'

/** First real-time signal as glibc counts them: signal(7). systemd's containers stop on SIGRTMIN+3. */
const SIGRTMIN = 34

/** `SIGTERM`, `TERM`, `15` and `SIGRTMIN+3` alike; undefined for what is no signal. */
export function signalNumber(signal: string): number | undefined {
  if (/^\d+$/.test(signal)) return Number(signal)
  const name = signal.toUpperCase().startsWith('SIG') ? signal.toUpperCase() : `SIG${signal.toUpperCase()}`
  const realTime = /^SIGRTMIN(?:\+(\d+))?$/.exec(name)
  if (realTime !== null) return SIGRTMIN + Number(realTime[1] ?? 0)
  return (constants.signals as Readonly<Record<string, number>>)[name]
}

/** The name for a number (`SIGTERM` for 15); the number itself where it has none. */
export function signalName(signal: string | number): string {
  if (typeof signal === 'string' && !/^\d+$/.test(signal)) {
    return signal.toUpperCase().startsWith('SIG') ? signal.toUpperCase() : `SIG${signal.toUpperCase()}`
  }
  const number = Number(signal)
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
  if (name !== undefined) return name
  return number >= SIGRTMIN ? `SIGRTMIN+${number - SIGRTMIN}` : String(number)
}
