// Runs in the workflow sandbox: what people may do to a run while it goes on.
import { condition, patched, setHandler } from '@temporalio/workflow';
import type { RunPolicy } from '../common/approval.ts';
import type { TaskQueues } from '../common/agent.ts';
import type { ControlState } from '../common/carried-run.ts';
import type { TenantContext } from '../common/tenant.ts';
import { checkArguments } from './check-arguments.ts';
import type { Decisions } from './decisions.ts';
import { createDecisions } from './decisions.ts';
import type { SteerRequest } from './definitions.ts';
import { pauseUpdate, resumeUpdate, steerUpdate } from './definitions.ts';
import { refuseForeign } from './refuse-foreign.ts';
import type { RunSignals } from './run-signals.ts';
import { takeSignals } from './run-signals.ts';
import type { RunState } from './run-state.ts';
import type { ToolQuestions } from './tool-questions.ts';
import { createToolQuestions } from './tool-questions.ts';

export interface RunControl {
  readonly policy: RunPolicy;
  readonly decisions: Decisions;
  readonly questions: ToolQuestions;
  /** Waits while the run is paused. @returns `false` where no step of this plan is to start. */
  mayStart(): Promise<boolean>;
  /** A message came: the plan is to be left. */
  isInterrupted(): boolean;
  /** Nobody is to be asked about a call of this plan any more. */
  withdrawsApprovals(): boolean;
  /** What was said to the run since it was last asked. */
  takeMessages(): readonly string[];
  /** From now on nothing starts and nobody is waited for: the run goes on as another. */
  leave(): void;
  isLeaving(): boolean;
  /** It stays after all, to its end. */
  stay(): void;
  /** Waits while the run is paused. */
  untilResumed(): Promise<void>;
  readonly signals: RunSignals;
  state(): ControlState;
}

export interface RunControlOptions {
  readonly tenant: TenantContext;
  readonly queues: TaskQueues;
  readonly policy: RunPolicy | undefined;
  /** Whether there is a planner that reads messages. */
  readonly canBeSteered: boolean;
  readonly from?: ControlState | undefined;
  /** The run was paused, or goes on. @default nothing else is to know */
  readonly onPause?: () => void;
}

/** More that nobody has read yet is refused. */
const MAX_UNREAD = 100;
const MAX_MESSAGE_CHARS = 20_000;

export function createRunControl(state: RunState, options: RunControlOptions): RunControl {
  const { tenant, queues, policy = {}, from } = options;
  let messages = [...(from?.messages ?? [])];
  let isLeaving = false;
  let mayLeave = true;
  let withdraws = false;
  state.isPaused = from?.isPaused ?? false;
  const changed = (): void => {
    state.revision += 1;
  };
  const decisions = createDecisions({
    tenant,
    checkArgs: ({ tool }, args) => checkArguments(queues, { tenant, tool, args }),
    onChange: changed,
    from: from?.decisions,
  });
  state.pending = () => decisions.pending();
  const questions = createToolQuestions(from?.asked);
  const isHeld = (): boolean => state.isPaused && !isLeaving && messages.length === 0;
  const signals = takeSignals(tenant, changed, from?.signals);
  const say = (text: string): void => {
    withdraws ||= patched('message-withdraws-approvals');
    messages.push(text);
  };
  takeOrders(state, options, { say, unread: () => messages.length });
  return {
    policy,
    decisions,
    questions,
    async mayStart() {
      if (isHeld()) await condition(() => !isHeld());
      return !isLeaving && messages.length === 0;
    },
    isInterrupted: () => messages.length > 0,
    withdrawsApprovals: () => withdraws && messages.length > 0,
    takeMessages() {
      const said = messages;
      messages = [];
      return said;
    },
    leave() {
      isLeaving = mayLeave;
    },
    stay() {
      mayLeave = false;
      isLeaving = false;
    },
    async untilResumed() {
      if (state.isPaused) await condition(() => !state.isPaused);
    },
    isLeaving: () => isLeaving,
    signals,
    state: () => ({
      ...{ isPaused: state.isPaused, messages, decisions: decisions.state() },
      ...(signals.kept().length === 0 ? {} : { signals: signals.kept() }),
      ...(questions.asked.size === 0 ? {} : { asked: [...questions.asked.values()] }),
    }),
  };
}

interface Mailbox {
  readonly say: (text: string) => void;
  readonly unread: () => number;
}

function takeOrders(
  state: RunState,
  { tenant, canBeSteered, onPause }: RunControlOptions,
  mailbox: Mailbox,
): void {
  const setPaused = (isPaused: boolean) => () => {
    state.isPaused = isPaused;
    state.revision += 1;
    onPause?.();
    return { accepted: true };
  };
  setHandler(pauseUpdate, setPaused(true), {
    validator: (order) => {
      refuseForeign(tenant, order, 'pause');
      if (state.isPaused) throw new Error('The run is paused already.');
    },
  });
  setHandler(resumeUpdate, setPaused(false), {
    validator: (order) => {
      refuseForeign(tenant, order, 'resume');
      if (!state.isPaused) throw new Error('The run is not paused.');
    },
  });
  setHandler(
    steerUpdate,
    ({ text }) => {
      mailbox.say(text);
      state.revision += 1;
      return { accepted: true };
    },
    {
      validator: (order) => {
        refuseForeign(tenant, order, 'steer');
        refuseMessage(order, canBeSteered, mailbox.unread());
      },
    },
  );
}

function refuseMessage({ text }: SteerRequest, canBeSteered: boolean, unread: number): void {
  if (!canBeSteered) {
    throw new Error('A plan has no planner that could read a message: pause or cancel it.');
  }
  if (typeof text !== 'string' || text.trim() === '' || text.length > MAX_MESSAGE_CHARS) {
    throw new Error(`A message has 1 to ${MAX_MESSAGE_CHARS} characters.`);
  }
  if (unread < MAX_UNREAD) return;
  throw new Error(`${MAX_UNREAD} messages are unread: wait until the agent has read them.`);
}
