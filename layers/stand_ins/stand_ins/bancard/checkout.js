/* The stand-in's own build of Bancard's checkout script: the same calls, for the host that it was loaded from. */
(function () {
  "use strict";

  var path = "/checkout/javascript/dist/";
  var script = document.currentScript || document.querySelector("script[src*='" + path + "']");
  var base = script.src.slice(0, script.src.indexOf(path));
  var origin = new URL(base).origin;
  var shown = null;

  function withStatus(url, status, details) {
    var target = new URL(url);
    target.searchParams.set("status", status);
    if (details) { target.searchParams.set("description", details); }
    return target.href;
  }

  function returnToShop(answer) {
    window.location.replace(withStatus(answer.return_url, answer.message, answer.details));
  }

  function receive(event) {
    if (event.origin !== origin || !shown || event.source !== shown.frame.contentWindow) { return; }
    var told = event.data || {};
    if (told.iframeHeight) { shown.frame.style.height = told.iframeHeight + "px"; return; }
    if (told.message) { shown.respond(told); }
  }

  function destroy() {
    window.removeEventListener("message", receive);
    if (shown && shown.frame.parentNode) { shown.frame.parentNode.removeChild(shown.frame); }
    shown = null;
  }

  function open(divId, url, options) {
    var place = document.getElementById(divId), chosen = options || {};
    if (!place) { throw new Error("Bancard: there is no element " + divId); }
    destroy();
    var frame = document.createElement("iframe");
    frame.src = url + (chosen.styles ? "&styles=" + encodeURIComponent(JSON.stringify(chosen.styles)) : "");
    frame.style.width = "100%";
    frame.style.minHeight = "32rem";
    frame.style.border = "0";
    shown = {frame: frame, respond: chosen.responseHandler || returnToShop};
    window.addEventListener("message", receive);
    place.appendChild(frame);
  }

  function form(page, parameter) {
    return function (divId, id, options) {
      if (typeof id !== "string" || !id) { throw new Error("Bancard: " + parameter + " is missing"); }
      open(divId, base + page + "?" + parameter + "=" + encodeURIComponent(id), options);
    };
  }

  function kind(page) { return {createForm: form(page, "process_id")}; }

  window.Bancard = {
    Checkout: kind("/checkout/new"),
    Cards: kind("/checkout/register_card/new"),
    Zimple: kind("/checkout/zimple/new"),
    Preauthorization: kind("/checkout/preauthorization/new"),
    Charge3DS: kind("/checkout/charge_3ds/new"),
    Confirmation: {loadPinPad: form("/alias_token/confirmation/new", "alias_token")},
    destroy: destroy
  };
}());
