/** What is asked of the agent came in these versions: one-time tokens, its own certificate, erasing by the type of disk. */
export const LEAST_AGENT = '8.5'

/** Whether an ironic-python-agent says that it is older than `LEAST_AGENT`, or nothing that can be understood. */
export function isAgentTooOld(version: string | undefined): boolean {
  const match = /^(\d+)\.(\d+)/.exec(version ?? '')
  if (match === null) return true
  const [least = 0, leastMinor = 0] = LEAST_AGENT.split('.').map(Number)
  const [major, minor] = [Number(match[1]), Number(match[2])]
  return major < least || (major === least && minor < leastMinor)
}
