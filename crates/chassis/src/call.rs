//! One call as the handlers know it.

use anyhow::anyhow;
use jiff::Timestamp;

use crate::{caller::Caller, failure::Failure, scope::Scope};

/// Who calls what, when, and what they may see. The stack puts it into the request.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who is calling.
    pub caller: Caller,
    /// What this call may see.
    pub scope: Scope,
    /// The request path, `/<package>.<Service>/<Method>`.
    pub method: &'static str,
    /// When the call arrived, in whole microseconds: the one time of everything that the call does.
    pub at: Timestamp,
    /// The W3C trace id, 32 hexadecimal digits.
    pub trace: String,
}

impl Call {
    /// The call of a request that came through the stack.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, Failure> {
        let call = request.extensions().get::<Self>().cloned();
        call.ok_or_else(|| Failure::Fault(anyhow!("the request did not come through the chassis stack")))
    }
}
