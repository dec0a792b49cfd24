import type { DeployImage } from './deploy-image.ts'

/** Where an ironic-python-agent listens, as its heartbeat says. */
export type AgentAddress = Readonly<{
  /** `https://10.77.1.20:9999`. */
  url: string
  /** Every command carries it. */
  token: string
  /** PEM of the one certificate that it may show. Absent where it speaks plain HTTP. */
  certificate?: string
}>

/** A command that an agent was given, and how it went. */
export type AgentCommand = Readonly<{
  /** Without its extension: `prepare_image`. */
  name: string
  state: 'running' | 'succeeded' | 'failed'
  /** As the agent says it, where it succeeded. */
  result?: unknown
  /** Where it failed. `kind` is the name of its class of errors. */
  error?: Readonly<{ kind: string; text: string }>
}>

/**
 * The command API of an ironic-python-agent (ironic_python_agent/api/app.py). Throws AGENT_UNREACHABLE where no answer comes
 * or another agent answers, AGENT_BUSY, AGENT_REFUSED.
 */
export interface DeployAgent {
  /** What it was given since it started, in order. */
  commands(signal: AbortSignal): Promise<readonly AgentCommand[]>
  /** Gives it a command, such as `standby.prepare_image`. Long ones still run when this resolves. */
  run(name: string, params: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<AgentCommand>
}

export type OpenAgent = (address: AgentAddress) => DeployAgent

/** SHA-256 of all that an image puts on a disk, in hexadecimal. Ends early with the signal’s reason. */
export type DigestImage = (image: DeployImage, signal: AbortSignal) => Promise<string>

/** A config drive as ironic-python-agent takes it: gzip within base64. */
export type PackConfigDrive = (drive: Uint8Array) => Promise<Uint8Array>
