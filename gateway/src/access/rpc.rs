//! `billing.access.v1.ApiKeyService`.

use std::sync::Arc;

use billing_proto::billing::access::v1 as proto;
use billing_proto::billing::access::v1::api_key_service_server::ApiKeyService;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    page::{Page, PageSeal},
};
use outbox::{Begun, Once};
use sqlx::PgPool;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{refusal::AccessRefusal, store, wire};
use crate::sign_in::SignIn;

/// The keys, as a gRPC service.
#[derive(Clone)]
pub struct AccessService {
    pool: PgPool,
    seal: PageSeal,
    sign_in: Arc<SignIn>,
}

impl AccessService {
    /// The service on the schema `access`. `sign_in` is told of revocations, so that they bite at once here.
    pub fn new(pool: PgPool, seal: PageSeal, sign_in: Arc<SignIn>) -> Self {
        Self { pool, seal, sign_in }
    }

    async fn create(
        &self,
        call: Call,
        mut message: proto::CreateApiKeyRequest,
    ) -> Result<proto::CreateApiKeyResponse, Failure> {
        let mut transaction = self.pool.begin().await?;
        let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
            Begun::Answered(answer) => return Ok(answer),
            Begun::Fresh(once) => once,
        };
        let new = wire::new_key(&call, message.api_key.take())?;
        let (key, token) = store::create(&mut transaction, new).await?;
        let mut answer =
            proto::CreateApiKeyResponse { api_key: Some(wire::api_key(&key)), token: String::new() };
        // Without the token: it is shown once and stored nowhere.
        once.answer(&mut transaction, &answer).await?;
        transaction.commit().await?;
        answer.token = token;
        Ok(answer)
    }

    async fn list(
        &self,
        call: Call,
        message: proto::ListApiKeysRequest,
    ) -> Result<proto::ListApiKeysResponse, Failure> {
        let proto::ListApiKeysRequest { page_size, page_token } = message;
        let arguments = proto::ListApiKeysRequest::default();
        let page: Page<Uuid> = Page::of(&self.seal, &call, &arguments, page_size, &page_token)?;
        let mut connection = self.pool.acquire().await?;
        let loaded = store::page(&mut connection, page.after, page.fetch()).await?;
        let (keys, next_page_token) = page.cut(loaded, |key| key.id.uuid())?;
        Ok(proto::ListApiKeysResponse { api_keys: keys.iter().map(wire::api_key).collect(), next_page_token })
    }

    async fn revoke(
        &self,
        call: Call,
        message: proto::RevokeApiKeyRequest,
    ) -> Result<proto::ApiKey, Failure> {
        let id = wire::key_id(&message.name)?;
        let mut transaction = self.pool.begin().await?;
        let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
            Begun::Answered(answer) => return Ok(answer),
            Begun::Fresh(once) => once,
        };
        store::revoke(&mut transaction, id, call.at, &call.caller.person).await?;
        let key = store::by_id(&mut transaction, id).await?;
        let key = key.ok_or(AccessRefusal::NotFound { name: message.name }).or_refuse()?;
        let answer = wire::api_key(&key);
        once.answer(&mut transaction, &answer).await?;
        transaction.commit().await?;
        self.sign_in.forget(id);
        Ok(answer)
    }
}

#[tonic::async_trait]
impl ApiKeyService for AccessService {
    async fn create_api_key(
        &self,
        request: Request<proto::CreateApiKeyRequest>,
    ) -> Result<Response<proto::CreateApiKeyResponse>, Status> {
        answer(async { self.create(Call::of(&request)?, request.into_inner()).await }).await
    }

    async fn list_api_keys(
        &self,
        request: Request<proto::ListApiKeysRequest>,
    ) -> Result<Response<proto::ListApiKeysResponse>, Status> {
        answer(async { self.list(Call::of(&request)?, request.into_inner()).await }).await
    }

    async fn revoke_api_key(
        &self,
        request: Request<proto::RevokeApiKeyRequest>,
    ) -> Result<Response<proto::ApiKey>, Status> {
        answer(async { self.revoke(Call::of(&request)?, request.into_inner()).await }).await
    }

    async fn get_caller(
        &self,
        request: Request<proto::GetCallerRequest>,
    ) -> Result<Response<proto::Caller>, Status> {
        answer(async {
            let caller = Call::of(&request)?.caller;
            let grants = caller.grants.iter().map(wire::grant_message).collect();
            Ok(proto::Caller { person: caller.person, kind: caller.kind.into(), grants })
        })
        .await
    }
}
