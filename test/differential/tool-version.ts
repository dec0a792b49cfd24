import { spawnSync } from 'node:child_process'

/** What a program says of its version, as 602 for 6.2. */
export function toolVersion(program: string): number {
  const said = spawnSync(program, ['-V'], { encoding: 'utf8' }).stdout
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(said) ?? []
  return Number(major) * 100 + Number(minor)
}
