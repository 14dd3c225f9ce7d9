/** Words that say how something is asked, not what: in requests and descriptions alike. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about above after again all also am an and any are as at be because been before being below
  between both but by can could did do does doing down during each few for from further get give
  had has have having he help her here him his how i if in into is it its just let like may me might
  more most must my need no nor not now of off on once only or other our out over own please same
  shall she should show so some such tell than that the their them then there these they this those
  through to too under until up us use using very via want was we were what when where which while
  who whom why will with would you your`.split(/\s+/),
);
